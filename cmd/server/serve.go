package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
)

// server is a running platform.
type server struct {
	*platform
	app      *fiber.App
	listener net.Listener
	scrape   *http.Server
	served   chan error
	stop     context.CancelFunc // ends loops and jobs
	loops    sync.WaitGroup
	runner   *runner
}

// start listens and starts every loop and job. The caller shuts the server
// down.
func start(p *platform) (*server, error) {
	f, err := p.routes()
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", p.config.Server.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen on server.listen: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &server{platform: p, app: f, listener: listener, served: make(chan error, 2), stop: stop}
	if err := s.serveMetrics(); err != nil {
		stop()
		return nil, errors.Join(err, listener.Close())
	}
	go func() { s.served <- f.Listener(listener) }()
	s.loop(ctx, "events.sequence", p.events.Run)
	s.loop(ctx, "webhooks.deliver", p.webhooks.Run)
	s.loop(ctx, "figures.count", p.figures.Run)
	s.loop(ctx, "merchants.circuits", p.circuits.Run)
	s.loop(ctx, "status.beat", p.beat)
	if p.sandbox != nil {
		s.loop(ctx, "sandbox.notify", func(ctx context.Context) error { p.sandbox.Run(ctx); return nil })
	}
	s.runner = newRunner(p.db, p.jobStates, p.owner, p.logger, p.metrics)
	if err := s.runner.start(ctx, p.jobs()); err != nil {
		return nil, errors.Join(err, s.shutdown())
	}
	return s, nil
}

// serveMetrics opens the metrics' own listener: they are not for the public.
func (s *server) serveMetrics() error {
	address := s.config.Server.MetricsListen
	if address == "" {
		return nil
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("listen on server.metrics_listen: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.metrics.Handler())
	s.scrape = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		if err := s.scrape.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.served <- err
		}
	}()
	return nil
}

const loopPause = time.Second

// loop runs a room's loop until ctx ends, and again after a pause when it
// fails: a database that was away must not end it.
func (s *server) loop(ctx context.Context, name string, run func(context.Context) error) {
	s.loops.Go(func() {
		for ctx.Err() == nil {
			err := run(ctx)
			if ctx.Err() != nil {
				return
			}
			s.logger.ErrorContext(ctx, "loop ended, starting it again", "loop", name, "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(loopPause):
			}
		}
	})
}

// shutdown stops taking requests, lets those in hand and the jobs finish, and
// closes the platform.
func (s *server) shutdown() error {
	s.ready.Drain()
	errs := []error{s.app.ShutdownWithTimeout(s.config.Server.ShutdownTimeout.Duration)}
	s.stop()
	if s.runner != nil {
		s.runner.drain()
	}
	s.loops.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), s.config.Server.ShutdownTimeout.Duration)
	defer cancel()
	if s.scrape != nil {
		errs = append(errs, s.scrape.Shutdown(ctx))
	}
	errs = append(errs, s.servers.Stopped(ctx, s.owner))
	if _, err := s.merchants.FlushKeyUse(ctx); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(append(errs, s.close())...)
}

// wait blocks until ctx ends or a listener fails, and then shuts down.
func (s *server) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		s.logger.Info("shutting down")
		s.ready.Drain()
		time.Sleep(s.config.Server.DrainDelay.Duration)
		return s.shutdown()
	case err := <-s.served:
		return errors.Join(err, s.shutdown())
	}
}
