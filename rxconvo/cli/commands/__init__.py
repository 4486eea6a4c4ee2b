"""The commands, a module each: it reads its arguments and hands over to what does the work."""
