// A guest of a share by Debian's golang-github-apparentlymart-go-openvpn-mgmt-dev: go run guest.go
// PATH, with GOPATH=/usr/share/gocode.  The client is held, and let go.
package main

import (
	"fmt"
	"log"
	"os"
	"time"

	"github.com/apparentlymart/go-openvpn-mgmt/openvpn"
)

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	events := make(chan openvpn.Event, 1000)
	client, err := openvpn.Dial(os.Args[1], events)
	check(err)
	for {
		if _, held := (<-events).(*openvpn.HoldEvent); held {
			break
		}
	}
	pid, err := client.Pid()
	check(err)
	check(client.SetStateEvents(true))
	check(client.SetByteCountEvents(time.Second))
	check(client.HoldRelease())
	fmt.Println("pid", pid)
	counted := false
	for event := range events {
		switch told := event.(type) {
		case *openvpn.ByteCountEvent:
			counted = true
		case *openvpn.StateEvent:
			fmt.Println("state", told.NewState())
			if told.NewState() != "CONNECTED" {
				continue
			}
			state, err := client.LatestState()
			check(err)
			fmt.Println("latest", state.NewState())
		}
		if state, err := client.LatestState(); err == nil && counted && state.NewState() == "CONNECTED" {
			fmt.Println("counted")
			return
		}
	}
}
