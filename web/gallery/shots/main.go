// Command shots photographs every page of the gallery at 1440 and 390 pixels in
// both languages and themes, and fails when a page scrolls sideways or breaks
// the content security policy.
//
//	go run ./web/gallery/shots [-only payments] [-out screenshots]
//	go run ./web/gallery/shots -serve 127.0.0.1:8099
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/piaohao/piaohao/web/gallery"
)

func main() {
	only := flag.String("only", "", "photograph only the pages whose name starts with this")
	out := flag.String("out", "screenshots", "folder to write to")
	serve := flag.String("serve", "", "serve the gallery on this address instead")
	flag.Parse()
	if err := run(context.Background(), *only, *out, *serve); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, only, out, serve string) error {
	g, err := gallery.New()
	if err != nil {
		return err
	}
	if serve != "" {
		fmt.Println("http://" + serve)
		server := &http.Server{Addr: serve, Handler: g, ReadHeaderTimeout: 5 * time.Second}
		return server.ListenAndServe()
	}
	server := httptest.NewServer(g)
	defer server.Close()
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	camera, err := newCamera(ctx)
	if err != nil {
		return err
	}
	defer camera.close()
	return shootAll(camera, g, server.URL, only, out)
}

func shootAll(c *camera, g *gallery.Gallery, base, only, out string) error {
	var problems []error
	for _, page := range g.Pages() {
		if !strings.HasPrefix(page.Name, only) {
			continue
		}
		for _, v := range gallery.Variants() {
			for _, width := range []int64{1440, 390} {
				name := fmt.Sprintf("%s.%s.%s.%d.png", page.Name, v.Lang, v.Theme, width)
				png, problem, err := c.shoot(base+gallery.Path(page, v), width)
				if err != nil {
					return fmt.Errorf("shoot %s: %w", name, err)
				}
				if problem != "" {
					problems = append(problems, fmt.Errorf("%s: %s", name, problem))
				}
				if err := os.WriteFile(filepath.Join(out, name), png, 0o644); err != nil {
					return err
				}
			}
		}
	}
	return errors.Join(problems...)
}
