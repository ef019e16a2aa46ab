package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
)

// Some paths hold a secret, such as an invitation's token: what fails is logged
// by its route.
func TestAPanicIsLoggedWithoutWhatItsPathHolds(t *testing.T) {
	var log bytes.Buffer
	p := &platform{logger: slog.New(slog.NewTextHandler(&log, nil))}
	f := fiber.New(fiber.Config{ErrorHandler: p.errorHandler(nil)})
	f.Use(p.recoverPanics)
	const route = "/console/invitations/:token"
	f.Get(route, func(*fiber.Ctx) error { panic("out of paper") })
	answer, err := f.Test(httptest.NewRequest(http.MethodGet, "/console/invitations/s3cret", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	said := log.String()
	if answer.StatusCode != http.StatusInternalServerError || !strings.Contains(said, route) || !strings.Contains(said, "out of paper") || strings.Contains(said, "s3cret") {
		t.Errorf("answered %d, logged %s", answer.StatusCode, said)
	}
}
