"""Exchange of AEO status between customs administrations, and what it is used for."""
