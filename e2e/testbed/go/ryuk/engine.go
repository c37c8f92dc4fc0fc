package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

const attempts = 10

var engine = http.Client{
	Timeout: 10 * time.Second,
	Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", "/var/run/docker.sock")
	}},
}

type object struct {
	path    string
	created time.Time
}

func ping() error {
	_, err := call("GET", "/_ping")
	return err
}

func call(method, path string) ([]byte, error) {
	request, err := http.NewRequest(method, "http://engine"+path, nil)
	if err != nil {
		return nil, err
	}
	answer, err := engine.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode >= 400 && (method == "GET" || answer.StatusCode != 404) {
		err = fmt.Errorf("%s: %s", answer.Status, body)
	}
	return body, err
}

// Containers first, then what they held. The second answer: something began to exist after `since`.
func match(since time.Time) (matching []object, young bool) {
	mutex.Lock()
	defer mutex.Unlock()
	for filter := range filters {
		query := "filters=" + url.QueryEscape(filter)
		var containers, images []struct {
			Id      string
			Created int64
			Labels  map[string]string
		}
		var networks []struct {
			Id      string
			Created time.Time
		}
		var volumes struct {
			Volumes []struct {
				Name      string
				CreatedAt time.Time
			}
		}
		list("/containers/json?all=1&"+query, &containers)
		list("/networks?"+query, &networks)
		list("/volumes?"+query, &volumes)
		list("/images/json?"+query, &images)
		for _, each := range containers {
			if each.Labels["org.testcontainers.ryuk"] != "true" {
				matching = append(matching, object{"/containers/" + each.Id + "?force=1&v=1", time.Unix(each.Created, 0)})
			}
		}
		for _, each := range networks {
			matching = append(matching, object{"/networks/" + each.Id, each.Created})
		}
		for _, each := range volumes.Volumes {
			matching = append(matching, object{"/volumes/" + each.Name + "?force=1", each.CreatedAt})
		}
		for _, each := range images {
			matching = append(matching, object{"/images/" + each.Id, time.Unix(each.Created, 0)})
		}
	}
	for _, each := range matching {
		young = young || each.created.After(since)
	}
	return matching, young
}

func list(path string, into any) {
	body, err := call("GET", path)
	if err == nil {
		err = json.Unmarshal(body, into)
	}
	if err != nil {
		log.Error("list", "path", path, "error", err)
	}
}

func remove(matching []object) {
	removed := 0
	for _, each := range matching {
		for attempt := 1; attempt <= attempts; attempt++ {
			if _, err := call("DELETE", each.path); err == nil {
				removed++
				break
			} else {
				log.Error("remove", "path", each.path, "attempt", attempt, "error", err)
			}
			time.Sleep(time.Second)
		}
	}
	log.Info("removed", "objects", removed)
}
