"""What must survive a crash: SQLAlchemy Core tables, migrations, one module per concern."""
