package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/piaohao/piaohao/app"
)

// S3Config names a bucket of a service that speaks Amazon's S3.
type S3Config struct {
	Endpoint  string // scheme and host: "https://s3.cn-north-1.amazonaws.com.cn"
	Bucket    string // it must exist
	Region    string // "" where the service has none
	AccessKey string
	SecretKey string
	Prefix    string // of every object's name, such as "piaohao/"; may be ""
	// Dir is where files are on their way; "" is the machine's own folder.
	Dir string
	// Transport carries the requests; nil is the library's own.
	Transport http.RoundTripper
}

// S3 keeps files as objects of a bucket.
type S3 struct {
	client *minio.Client
	config S3Config
}

// NewS3 returns the archive in the bucket. It dials nothing.
func NewS3(c S3Config) (*S3, error) {
	u, err := url.Parse(c.Endpoint)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return nil, app.Errorf(app.Invalid, "%q is no http or https endpoint", c.Endpoint)
	}
	client, err := minio.New(u.Host, &minio.Options{
		Creds: credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""), Secure: u.Scheme == "https", Region: c.Region, Transport: c.Transport,
	})
	if err != nil {
		return nil, fmt.Errorf("open the archive at %s: %w", u.Host, err)
	}
	return &S3{client: client, config: c}, nil
}

func (s *S3) object(key string) string { return s.config.Prefix + place(key) }

// Put implements Store. What is written is first kept on this machine, since its
// name is not known before its end.
func (s *S3) Put(ctx context.Context, write func(w io.Writer) error) (File, error) {
	return s.put(ctx, s.object, write)
}

// put writes an object under the name that object gives its key.
func (s *S3) put(ctx context.Context, object func(key string) string, write func(w io.Writer) error) (File, error) {
	t, remove, err := s.temporary()
	if err != nil {
		return File{}, err
	}
	defer remove()
	file, err := fill(t, write)
	if err != nil {
		return File{}, err
	}
	if _, err := t.Seek(0, io.SeekStart); err != nil {
		return File{}, fmt.Errorf("write to the archive: %w", err)
	}
	_, err = s.client.PutObject(ctx, s.config.Bucket, object(file.Key), t, file.Size, minio.PutObjectOptions{
		ContentType: "application/octet-stream", UserMetadata: map[string]string{"Sha256": file.Key}, SendContentMd5: true,
	})
	if err != nil {
		return File{}, s.explain("write to", err)
	}
	return file, nil
}

// Open implements Store: the object is fetched to this machine and verified
// there.
func (s *S3) Open(ctx context.Context, key string) (Blob, error) {
	if !valid(key) {
		return nil, errMissing(key)
	}
	return s.open(ctx, key, s.object(key))
}

// open fetches an object, which must be the key's bytes.
func (s *S3) open(ctx context.Context, key, object string) (Blob, error) {
	t, remove, err := s.temporary()
	if err != nil {
		return nil, err
	}
	b, err := s.fetch(ctx, key, object, t)
	if err != nil {
		remove()
		return nil, err
	}
	return fetched{b, remove}, nil
}

func (s *S3) fetch(ctx context.Context, key, named string, t *os.File) (Blob, error) {
	object, err := s.client.GetObject(ctx, s.config.Bucket, named, minio.GetObjectOptions{})
	if err != nil {
		return nil, s.explain("read from", err)
	}
	defer func() { _ = object.Close() }()
	if _, err := io.CopyBuffer(struct{ io.Writer }{t}, object, make([]byte, 256<<10)); err != nil {
		if minio.ToErrorResponse(err).Code == minio.NoSuchKey {
			return nil, errMissing(key)
		}
		return nil, s.explain("read from", err)
	}
	if _, err := t.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read from the archive: %w", err)
	}
	return verified(key, t)
}

// Has implements Store.
func (s *S3) Has(ctx context.Context, key string) (bool, error) {
	if !valid(key) {
		return false, nil
	}
	_, err := s.client.StatObject(ctx, s.config.Bucket, s.object(key), minio.StatObjectOptions{})
	if err != nil {
		if minio.ToErrorResponse(err).Code == minio.NoSuchKey {
			return false, nil
		}
		return false, s.explain("read from", err)
	}
	return true, nil
}

// explain says what an operator must look at.
func (s *S3) explain(what string, err error) error {
	switch minio.ToErrorResponse(err).Code {
	case minio.NoSuchBucket:
		return app.Errorf(app.Unavailable, "there is no bucket %q at %s: make it, or correct reconcile.s3.bucket: %w", s.config.Bucket, s.config.Endpoint, err)
	case minio.AccessDenied, minio.InvalidAccessKeyID, minio.SignatureDoesNotMatch:
		return app.Errorf(app.Unavailable, "%s refuses the keys of reconcile.s3: correct them, or allow them to read and write the bucket: %w", s.config.Endpoint, err)
	}
	return app.Errorf(app.Unavailable, "%s the archive at %s: %w", what, s.config.Endpoint, err)
}

// temporary opens a file that remove closes and deletes. On Unix its name is gone
// at once, so that a killed process leaves nothing behind.
func (s *S3) temporary() (t *os.File, remove func(), err error) {
	t, err = os.CreateTemp(s.config.Dir, "piaohao-archive-")
	if err != nil {
		return nil, nil, fmt.Errorf("open a temporary file for the archive: %w", err)
	}
	_ = os.Remove(t.Name())
	return t, func() { _ = errors.Join(t.Close(), os.Remove(t.Name())) }, nil
}

// fetched is a verified copy that goes when it is closed.
type fetched struct {
	Blob
	remove func()
}

// Close deletes the copy.
func (f fetched) Close() error { f.remove(); return nil }
