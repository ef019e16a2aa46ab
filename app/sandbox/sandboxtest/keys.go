package sandboxtest

import (
	"crypto/rand"
	"crypto/rsa"
	"sync"

	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// made are the keys that this process has made so far. Making one takes longer
// than most tests do.
var made struct {
	sync.Mutex
	keys []*rsa.PrivateKey
}

// Keys returns a source for one sandbox. Its keys are real and all different,
// and the next sandbox of the process gets the same ones again.
func Keys() trade.KeySource {
	next := 0
	return func() (*rsa.PrivateKey, error) {
		made.Lock()
		defer made.Unlock()
		if next == len(made.keys) {
			key, err := rsa.GenerateKey(rand.Reader, 2048)
			if err != nil {
				return nil, err
			}
			made.keys = append(made.keys, key)
		}
		next++
		return made.keys[next-1], nil
	}
}
