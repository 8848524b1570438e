package score

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/regular"
	"github.com/mixconv/mixconv/limit"
)

// maxPicture bounds an encoded picture.
const maxPicture = 64 << 20

// maxArchive bounds an archive file. Archives are read as they come, so their size is no
// memory.
const maxArchive = 1 << 60

// tarArchive is a tar archive, perhaps compressed by gzip, such as the shards of
// WebDataset: members in the order in which they stand, those that are named as pictures.
type tarArchive struct {
	path string
	fraction
}

func (a *tarArchive) Items(ctx context.Context, wants func(string) bool) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		err := a.each(ctx, wants, func(item Item) bool { return yield(item, nil) })
		if err != nil && ctx.Err() == nil {
			yield(Item{}, errs.InFile(a.path, err))
		}
	}
}

func (a *tarArchive) each(ctx context.Context, wants func(string) bool, yield func(Item) bool) error {
	file, _, err := regular.Open(a.path, maxArchive)
	if err != nil {
		return err
	}
	defer file.Close()
	counted, err := newCounted(file, &a.fraction)
	if err != nil {
		return err
	}
	var from io.Reader = counted
	if name := strings.ToLower(a.path); !strings.HasSuffix(name, ".tar") {
		if from, err = gzip.NewReader(counted); err != nil {
			return errs.Format("gzip", "%v", err)
		}
	}
	members := tar.NewReader(from)
	for number := 0; ctx.Err() == nil; number++ {
		header, err := members.Next()
		if err == io.EOF {
			a.set(1)
			return nil
		}
		place := fmt.Sprintf("member %d", number)
		if err != nil {
			return errs.Format(place, "%v", err)
		}
		if header.Typeflag != tar.TypeReg || !IsPicture(header.Name) {
			continue
		}
		item := Item{Key: memberKey(a.path, header.Name)}
		if wants(item.Key) {
			data, err := readMember(members, header.Size)
			if err != nil && !errors.Is(err, errTooLarge) {
				return errs.Format(place, "%v", err) // what follows cannot be found
			}
			item.Read = func() ([]byte, error) { return data, err }
		}
		if !yield(item) {
			return nil
		}
	}
	return ctx.Err()
}

func memberKey(archive, member string) string { return filepath.ToSlash(archive) + "/" + member }

var errTooLarge = limit.Exceeded("more than %d bytes", maxPicture)

// readMember reads a member whose header says that it has size bytes.
func readMember(r io.Reader, size int64) ([]byte, error) {
	if size > maxPicture {
		return nil, errTooLarge
	}
	data, err := io.ReadAll(io.LimitReader(r, maxPicture+1)) // grows as the bytes come: size may be a lie
	if err == nil && len(data) > maxPicture {
		err = errTooLarge
	}
	return data, err
}

// zipArchive is a zip archive: members in the order of its directory, those that are named
// as pictures.
type zipArchive struct {
	path string
	fraction
}

func (a *zipArchive) Items(ctx context.Context, wants func(string) bool) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		file, size, err := regular.Open(a.path, maxArchive)
		if err != nil {
			yield(Item{}, err)
			return
		}
		defer file.Close()
		archive, err := zip.NewReader(file, size)
		if err != nil {
			yield(Item{}, errs.InFile(a.path, errs.Format("zip", "%v", err)))
			return
		}
		for i, member := range archive.File {
			if ctx.Err() != nil {
				return
			}
			a.set(float64(i) / float64(len(archive.File)))
			if member.FileInfo().IsDir() || !IsPicture(member.Name) {
				continue
			}
			item := Item{Key: memberKey(a.path, member.Name)}
			if wants(item.Key) {
				data, err := readZipped(member)
				item.Read = func() ([]byte, error) { return data, err }
			}
			if !yield(item, nil) {
				return
			}
		}
		a.set(1)
	}
}

func readZipped(member *zip.File) ([]byte, error) {
	r, err := member.Open()
	if err != nil {
		return nil, errs.Format("zip", "%v", err)
	}
	defer r.Close()
	data, err := readMember(r, int64(min(member.UncompressedSize64, maxPicture+1)))
	if err != nil && !errors.Is(err, errTooLarge) {
		return nil, errs.Format("zip", "%v", err)
	}
	return data, err
}
