"""Lives of families: every command by its real rule, in any order, with readers that lag as they like."""
