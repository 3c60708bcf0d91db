"""What we say: the dialogue as data, the pure step, the language packs. No carrier names here."""
