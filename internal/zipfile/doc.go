// Package zipfile reads zip archives that nobody has tampered with: the
// containers of .npz and of PyTorch's .pth. It takes less than archive/zip
// does: members stand one after another from the first byte, each local header
// agrees with the central directory, no name comes twice, and all that is
// unpacked stays within a budget known before anything is unpacked.
//
// Layout and field names follow PKWARE's APPNOTE.TXT 6.3.10.
package zipfile
