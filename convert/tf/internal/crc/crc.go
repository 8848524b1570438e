// Package crc has the checksum of TensorFlow's files: CRC-32C, masked where it
// is stored among the data that it covers.
package crc

import "hash/crc32"

var table = crc32.MakeTable(crc32.Castagnoli)

// Sum is the CRC-32C of b.
func Sum(b []byte) uint32 { return Extend(0, b) }

// Extend is the CRC-32C of what crc was computed over, followed by b.
func Extend(crc uint32, b []byte) uint32 { return crc32.Update(crc, table, b) }

// Mask makes of a CRC-32C what is stored, so that the checksum of data with
// checksums in it stays a good one.
func Mask(crc uint32) uint32 { return (crc>>15 | crc<<17) + 0xa282ead8 }
