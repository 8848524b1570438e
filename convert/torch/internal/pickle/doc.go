// Package pickle reads Python's pickles as data. It is the machine of
// Python's Lib/pickletools.py without its dangerous part: names of classes and
// functions are carried as names, nothing is imported and nothing is called.
// Where a pickle asks for a call, an Env either knows the function and makes
// what it would have returned, or refuses.
//
// Protocols 2 to 4 are read, of their opcodes those that Python's own pickler
// writes. The machine is iterative: no input makes it recurse.
package pickle
