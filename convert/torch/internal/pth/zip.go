package pth

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/mixconv/mixconv/convert/torch/internal/pickle"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/zipfile"
	"github.com/mixconv/mixconv/limit"
)

// Members of the archive, below the folder that all are in.
const (
	pickleMember    = "data.pkl"
	storageFolder   = "data/"
	orderMember     = "byteorder"     // little or big; little if it is absent
	constantsMember = "constants.pkl" // only TorchScript has one
)

// archive is a zip archive with its members by the name below the top folder.
type archive struct {
	zip     *zipfile.Archive
	top     string // with its slash
	members map[string]zipfile.Member
}

func openZip(r io.ReaderAt, size int64, lim limit.Limits) (*File, error) {
	a, err := openArchive(r, size, lim)
	if err != nil {
		return nil, err
	}
	f := &File{storages: storages{}, order: binary.LittleEndian, lim: lim}
	if f.order, err = a.byteOrder(); err != nil {
		return nil, err
	}
	m := a.members[pickleMember]
	d := pickle.NewDecoder(a.zip.Open(m), m.Size, lim)
	if f.Root, err = d.Decode(&env{storages: f.storages, fill: a.fill}); err == nil {
		err = d.Close()
	}
	if err != nil {
		return nil, inMember(m.Name, err)
	}
	return f, nil
}

func openArchive(r io.ReaderAt, size int64, lim limit.Limits) (*archive, error) {
	zip, err := zipfile.Open(r, size, lim)
	if err != nil {
		return nil, err
	}
	a := &archive{zip: zip, members: map[string]zipfile.Member{}}
	found := 0
	for _, m := range zip.Members {
		if top, ok := strings.CutSuffix(m.Name, "/"+pickleMember); ok && !strings.Contains(top, "/") {
			a.top = top + "/"
			found++
		}
	}
	if found != 1 {
		return nil, errs.Format("zip", "%d members named FOLDER/%s, allowed 1", found, pickleMember)
	}
	for _, m := range zip.Members {
		if name, ok := strings.CutPrefix(m.Name, a.top); ok {
			a.members[name] = m
		}
	}
	if _, ok := a.members[constantsMember]; ok {
		return nil, &errs.UnsupportedError{Items: []errs.Unsupported{{
			Reason: "a TorchScript program; the weights alone (torch.save of a state_dict) are supported"}}}
	}
	return a, nil
}

// byteOrder reads the order of the elements' bytes.
func (a *archive) byteOrder() (binary.ByteOrder, error) {
	m, ok := a.members[orderMember]
	if !ok {
		return binary.LittleEndian, nil
	}
	text := make([]byte, len("little")+1)
	n, err := io.ReadFull(a.zip.Open(m), text)
	if err != io.ErrUnexpectedEOF && err != io.EOF && err != nil {
		return nil, err
	}
	switch string(text[:n]) {
	case "little":
		return binary.LittleEndian, nil
	case "big":
		return binary.BigEndian, nil
	}
	return nil, errs.Format("zip member "+errs.Quote(m.Name), "%s, allowed little and big", errs.Quote(string(text[:n])))
}

// fill finds the member of a storage.
func (a *archive) fill(s *storage) error {
	m, ok := a.members[storageFolder+s.key]
	if !ok {
		return fmt.Errorf("storage %s: the archive has no member %s", errs.Quote(s.key), errs.Quote(a.top+storageFolder+s.key))
	}
	if m.Size != s.bytes() {
		return fmt.Errorf("storage %s: %d elements of %s take %d bytes, the member %s has %d",
			errs.Quote(s.key), s.elements, s.class, s.bytes(), errs.Quote(m.Name), m.Size)
	}
	s.open = func() (io.Reader, error) { return a.zip.Open(m), nil }
	return nil
}

// inMember says that an error's offset is one in an unpacked member.
func inMember(name string, err error) error {
	e, ok := err.(*errs.FormatError)
	if !ok || strings.HasPrefix(e.Field, "zip member ") {
		return err
	}
	field := fmt.Sprintf("zip member %s offset %#x: %s", errs.Quote(name), e.Offset, e.Field)
	return &errs.FormatError{Offset: -1, Field: field, Msg: e.Msg, Err: e.Err}
}
