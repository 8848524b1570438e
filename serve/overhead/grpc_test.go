package overhead

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"testing"

	"github.com/mixconv/mixconv/serve/internal/oip"
	"github.com/mixconv/mixconv/serve/internal/oippb"
	"github.com/mixconv/mixconv/tensor"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"
)

// inferMethod is the method of gRPC that answers inferences.
const inferMethod = "/inference.GRPCInferenceService/ModelInfer"

// rawInfer asks for an inference of x with raw contents.
func rawInfer(input string, x *tensor.Tensor) *oippb.InferRequest {
	return &oippb.InferRequest{
		ModelName: "model", Inputs: []*oippb.Tensor{{Name: input, Datatype: "FP32", Shape: []int64{1, 3, 224, 224}}},
		RawInputContents: [][]byte{oip.AppendBinary(nil, x)},
	}
}

// grpcClient makes calls with grpc-go's client. It returns the output's raw contents.
func grpcClient(t testing.TB, address, input string, x *tensor.Tensor) func() []byte {
	t.Helper()
	c, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	q := rawInfer(input, x)
	return func() []byte {
		var answer oippb.InferResponse
		if err := c.Invoke(t.Context(), inferMethod, q, &answer); err != nil {
			t.Fatal(err)
		}
		return answer.RawOutputContents[0]
	}
}

// http2Connection is a connection over which calls of one message are made, one after the
// other: a client that costs next to nothing.
type http2Connection struct {
	frames   *http2.Framer
	out      *bufio.Writer
	stream   uint32
	headers  []byte
	message  []byte           // with gRPC's prefix
	window   map[uint32]int64 // bytes that a stream may send; of 0, the connection
	initial  int64
	frame    int64 // the most bytes of a frame's data
	response []byte
}

func grpcConnection(t testing.TB, address, input string, x *tensor.Tensor) func() []byte {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	message, err := proto.Marshal(rawInfer(input, x))
	if err != nil {
		t.Fatal(err)
	}
	c := &http2Connection{
		out: bufio.NewWriterSize(conn, 1<<20), stream: 1, headers: grpcHeaders(address),
		message: append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...),
		window:  map[uint32]int64{0: 65535}, initial: 65535, frame: 16 << 10,
	}
	c.frames = http2.NewFramer(c.out, bufio.NewReader(conn))
	if _, err := io.WriteString(c.out, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	if err := c.frames.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	return func() []byte {
		raw, err := c.call()
		if err != nil {
			t.Fatal(err)
		}
		var answer oippb.InferResponse
		if err := proto.Unmarshal(raw[5:], &answer); err != nil {
			t.Fatal(err)
		}
		return answer.RawOutputContents[0]
	}
}

func grpcHeaders(address string) []byte {
	block := new(bytes.Buffer)
	encoder := hpack.NewEncoder(block)
	for _, field := range [][2]string{
		{":method", "POST"}, {":scheme", "http"}, {":path", inferMethod}, {":authority", address},
		{"content-type", "application/grpc"}, {"te", "trailers"},
	} {
		_ = encoder.WriteField(hpack.HeaderField{Name: field[0], Value: field[1], Sensitive: true}) // never in the dynamic table
	}
	return block.Bytes()
}

// call sends the message as windows allow and returns the answer's, with its prefix.
func (c *http2Connection) call() ([]byte, error) {
	stream := c.stream
	c.stream += 2
	c.window[stream] = c.initial
	c.response = c.response[:0]
	if err := c.frames.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: c.headers, EndHeaders: true}); err != nil {
		return nil, err
	}
	for left := c.message; ; {
		for len(left) > 0 {
			n := min(int64(len(left)), c.frame, c.window[0], c.window[stream])
			if n <= 0 {
				break
			}
			if err := c.frames.WriteData(stream, n == int64(len(left)), left[:n]); err != nil {
				return nil, err
			}
			c.window[0] -= n
			c.window[stream] -= n
			left = left[n:]
		}
		if err := c.out.Flush(); err != nil {
			return nil, err
		}
		end, err := c.take(stream)
		if end || err != nil {
			delete(c.window, stream)
			return c.response, err
		}
	}
}

// take reads a frame. end: it is the last of the stream.
func (c *http2Connection) take(stream uint32) (end bool, err error) {
	frame, err := c.frames.ReadFrame()
	if err != nil {
		return false, err
	}
	switch f := frame.(type) {
	case *http2.SettingsFrame:
		if f.IsAck() {
			break
		}
		if size, ok := f.Value(http2.SettingInitialWindowSize); ok {
			c.window[stream] += int64(size) - c.initial
			c.initial = int64(size)
		}
		if size, ok := f.Value(http2.SettingMaxFrameSize); ok {
			c.frame = int64(size)
		}
		return false, c.frames.WriteSettingsAck()
	case *http2.WindowUpdateFrame:
		if _, ok := c.window[f.StreamID]; ok {
			c.window[f.StreamID] += int64(f.Increment)
		}
	case *http2.PingFrame:
		return false, c.frames.WritePing(true, f.Data)
	case *http2.DataFrame:
		c.response = append(c.response, f.Data()...)
		if n := uint32(len(f.Data())); n > 0 {
			return f.StreamEnded(), c.frames.WriteWindowUpdate(0, n)
		}
		return f.StreamEnded(), nil
	case *http2.HeadersFrame:
		return f.StreamEnded(), nil
	case *http2.RSTStreamFrame, *http2.GoAwayFrame:
		return true, io.ErrUnexpectedEOF
	}
	return false, nil
}
