"""Dirty CSV and XLSX to rows with their cell addresses: the only reader of spreadsheets."""
