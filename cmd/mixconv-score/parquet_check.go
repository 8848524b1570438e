package main

import (
	"bytes"
	"encoding/binary"
	"io"

	"github.com/mixconv/mixconv/errs"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// What a file's own words may make the library allocate.
const (
	maxFooter     = 256 << 20
	maxPage       = 256 << 20 // bytes of a page, unpacked
	usualHeader   = 4 << 10   // of a page
	maxPageHeader = 1 << 20   // with statistics
)

// checkFooter looks whether the footer lies in the file: the library would allocate as much
// as its length says. A file ends with the footer, its length in four bytes, and PAR1.
func checkFooter(file io.ReaderAt, size int64) error {
	const tail = 8
	var end [tail]byte
	if size < tail {
		return errs.Format("Parquet", "%d bytes, a file has 12 or more", size)
	}
	if _, err := file.ReadAt(end[:], size-tail); err != nil {
		return err
	}
	if string(end[4:]) != "PAR1" {
		return errs.Format("Parquet", "it does not end with PAR1")
	}
	if length := int64(binary.LittleEndian.Uint32(end[:])); length > min(size-tail, maxFooter) {
		return errs.Format("Parquet", "a footer of %d bytes, allowed %d", length, min(size-tail, maxFooter))
	}
	return nil
}

// checkPages looks at the headers of a column chunk's pages before the library does, which
// allocates what they say.
func checkPages(file io.ReaderAt, size int64, c *format.ColumnMetaData) error {
	at := c.DataPageOffset
	if first := c.DictionaryPageOffset; first > 0 && first < at {
		at = first
	}
	if at < 0 || c.TotalCompressedSize < 0 || c.TotalCompressedSize > size-at {
		return errs.Format("Parquet", "a column chunk of %d bytes at %d, in a file of %d", c.TotalCompressedSize, at, size)
	}
	for end := at + c.TotalCompressedSize; at < end; {
		header, length, err := pageHeader(file, at, end)
		if err != nil {
			return errs.Format("Parquet", "page at %d: %v", at, err)
		}
		at += length
		if header.UncompressedPageSize < 0 || header.UncompressedPageSize > maxPage || header.CompressedPageSize < 0 || int64(header.CompressedPageSize) > end-at {
			return errs.Format("Parquet", "page at %d: %d bytes, %d unpacked, allowed %d and %d", at, header.CompressedPageSize, header.UncompressedPageSize, end-at, maxPage)
		}
		if c.Codec == format.Snappy {
			if err := checkSnappy(file, at, header); err != nil {
				return err
			}
		}
		at += int64(header.CompressedPageSize)
	}
	return nil
}

// pageHeader reads the header of the page at an offset, and how long it is.
func pageHeader(file io.ReaderAt, at, end int64) (*format.PageHeader, int64, error) {
	var header format.PageHeader
	var err error
	for _, most := range []int64{usualHeader, maxPageHeader} {
		data := make([]byte, min(most, end-at))
		if _, err = file.ReadAt(data, at); err != nil {
			return nil, 0, err
		}
		r := bytes.NewReader(data)
		header = format.PageHeader{}
		if err = thrift.NewDecoder(new(thrift.CompactProtocol).NewReader(r)).Decode(&header); err == nil {
			return &header, int64(len(data) - r.Len()), nil
		}
	}
	return nil, 0, err
}

// checkSnappy looks at the size that Snappy's data begin with.
func checkSnappy(file io.ReaderAt, at int64, header *format.PageHeader) error {
	if header.DataPageHeaderV2.Valid { // behind levels, which are not compressed
		v := header.DataPageHeaderV2.V
		at += int64(v.RepetitionLevelsByteLength) + int64(v.DefinitionLevelsByteLength)
	}
	var begin [binary.MaxVarintLen64]byte
	n, err := file.ReadAt(begin[:], at)
	if err != nil && err != io.EOF {
		return err
	}
	if unpacked, _ := binary.Uvarint(begin[:n]); header.CompressedPageSize > 0 && unpacked > maxPage {
		return errs.Format("Parquet", "page at %d: %d bytes unpacked, allowed %d", at, unpacked, maxPage)
	}
	return nil
}

// checkColumns checks the pages of some columns in all row groups.
func checkColumns(file io.ReaderAt, size int64, f *parquet.File, columns []int) error {
	for _, group := range f.Metadata().RowGroups {
		for _, i := range columns {
			if i >= len(group.Columns) {
				return errs.Format("Parquet", "a row group of %d columns, the schema has more", len(group.Columns))
			}
			if err := checkPages(file, size, &group.Columns[i].MetaData); err != nil {
				return err
			}
		}
	}
	return nil
}
