"""What people and reports read: SQLAlchemy Core, bound parameters only, nothing written here."""
