package main

import "os"

// processor is the name that the kernel has for the processor. Of arm64 it has none, but
// numbers of who made it and which part it is.
func processor() string {
	data, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	return cpuName(string(data))
}
