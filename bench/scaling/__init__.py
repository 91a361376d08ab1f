"""The parts of bench/scale: what becomes of the server as its work grows, each a module with measure(arguments)."""
