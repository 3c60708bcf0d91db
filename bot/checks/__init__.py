"""What is proved of the dialogue and of the packs before they are spoken (`flows check`, `packs check`)."""
