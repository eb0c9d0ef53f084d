"""The facts of partners/ loaded, checked across files, looked up."""
