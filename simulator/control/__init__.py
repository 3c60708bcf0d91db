"""The control API: act as a person, order misbehaviour, see what went over the wire."""
