package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app/config"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/sql"
)

// sandboxCommand runs the simulator alone, for anyone's tests.
func sandboxCommand(ctx context.Context, env environment, args []string) error {
	var listen string
	cfg, _, err := flagsOf(env, "sandbox", config.Default(), args, func(f *flag.FlagSet) {
		f.StringVar(&listen, "listen", "127.0.0.1:8090", "`address` to listen on")
	})
	if err != nil {
		return err
	}
	logger, err := newLogger(env, cfg)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if cfg.Server.BaseURL == config.Default().Server.BaseURL {
		cfg.Server.BaseURL = "http://" + listener.Addr().String()
	}
	d, err := openMigrated(ctx, db.Config{URL: cfg.Sandbox.DatabaseURL, MaxConns: 4}, sql.Sandbox())
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	cfg.Server.Listen = listen
	if loopbackURL(cfg.Server.BaseURL) {
		// The program under test listens on this machine, on a port of its own.
		cfg.Sandbox.AllowNotify = append(cfg.Sandbox.AllowNotify, "127.0.0.1", "localhost")
	}
	box, err := newSandbox(cfg, d, logger, nil)
	if err != nil {
		return errors.Join(err, listener.Close(), d.Close())
	}
	f := fiber.New(fiber.Config{
		DisableStartupMessage: true, Immutable: true, ReadBufferSize: 16 << 10, BodyLimit: 1 << 20,
		ReadTimeout: cfg.Server.ReadTimeout.Duration, WriteTimeout: cfg.Server.WriteTimeout.Duration, IdleTimeout: cfg.Server.IdleTimeout.Duration,
	})
	box.Hosts(f)
	box.Routes(f)
	served := make(chan error, 1)
	go func() { served <- f.Listener(listener) }()
	sent := make(chan struct{})
	go func() { defer close(sent); box.Run(ctx) }()
	printf(env.stdout, "sandbox at %s/sandbox\n", cfg.Server.BaseURL)
	select {
	case <-ctx.Done():
	case err = <-served:
	}
	err = errors.Join(err, f.ShutdownWithTimeout(cfg.Server.ShutdownTimeout.Duration))
	<-sent
	return errors.Join(err, d.Close())
}
