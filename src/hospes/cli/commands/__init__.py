"""The commands of `hospes`, a module each: `add(parser)` names the arguments, `run(arguments)` returns the exit code."""
