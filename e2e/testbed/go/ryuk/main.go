// Stands in for Ryuk: clients keep a connection and send filters, and what matches these goes when the last one is gone.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

var (
	log     = slog.New(slog.NewTextHandler(os.Stdout, nil))
	mutex   sync.Mutex
	filters = map[string]bool{}
	changes = make(chan int)
)

func main() {
	port := os.Getenv("RYUK_PORT")
	if port == "" {
		port = "8080"
	}
	connection, reconnection := duration("RYUK_CONNECTION_TIMEOUT", "60s"), duration("RYUK_RECONNECTION_TIMEOUT", "10s")
	if err := ping(); err != nil {
		fail(fmt.Errorf("new reaper: ping: %w", err))
	}
	log.Info("starting", "connection_timeout", connection, "reconnection_timeout", reconnection, "port", port)
	listener, err := net.Listen("tcp", ":"+port)
	if err != nil {
		fail(fmt.Errorf("new reaper: listen: %w", err))
	}
	log.Info("Started", "address", listener.Addr())
	go accept(listener)
	wait(listener, connection, reconnection)
	log.Info("done")
}

func accept(listener net.Listener) {
	log.Info("client processing started")
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		changes <- 1
		log.Info("client connected", "address", conn.RemoteAddr())
		go serve(conn)
	}
}

// A line that cannot be read is acknowledged as well, as by the original.
func serve(conn net.Conn) {
	defer func() {
		conn.Close()
		log.Info("client disconnected", "address", conn.RemoteAddr())
		changes <- -1
	}()
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		if lines.Text() == "" {
			continue
		}
		if query, err := url.ParseQuery(lines.Text()); err != nil {
			log.Error("add filter", "error", err)
		} else {
			add(query)
		}
		if _, err := conn.Write([]byte("ACK\n")); err != nil {
			log.Error("ack write", "error", err)
		}
	}
}

func add(query url.Values) {
	filter, err := json.Marshal(query)
	if err != nil {
		fail(err)
	}
	log.Info("adding filter", "filter", string(filter))
	mutex.Lock()
	defer mutex.Unlock()
	filters[string(filter)] = true
}

// Until no connection has come, or come back, in time; what is younger than a second delays it once more.
func wait(listener net.Listener, connection, reconnection time.Duration) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	clients, period := 0, connection
	timer := time.NewTimer(period)
	for {
		select {
		case change := <-changes:
			clients += change
			timer.Stop()
			if period = reconnection; clients == 0 {
				timer.Reset(period)
			}
			continue
		case <-signals:
			log.Info("signal received", "clients", clients)
			if clients > 0 {
				continue
			}
		case <-timer.C:
		}
		log.Info("prune check", "clients", clients)
		if matching, young := match(time.Now().Add(-time.Second)); !young {
			listener.Close()
			remove(matching)
			return
		}
		log.Warn("change detected, waiting again")
		timer.Reset(period)
	}
}

func duration(name, otherwise string) time.Duration {
	text := os.Getenv(name)
	if text == "" {
		text = otherwise
	}
	value, err := time.ParseDuration(text)
	if err != nil {
		fail(fmt.Errorf("load config: parse env: %w", err))
	}
	return value
}

func fail(err error) {
	log.Error("run", "error", err)
	os.Exit(1)
}
