package wechat_test

import (
	"maps"
	"slices"
	"testing"
)

func TestFilesAreToldApartByWhatTheyHold(t *testing.T) {
	own, theirs := merchantKey(), platformKey()
	want := map[string]string{
		"private_key": privatePEM(own), "certificate": certificate(own, "1900000109", year), "public_key": publicPEM(&theirs.PublicKey),
	}
	files := slices.Sorted(maps.Values(want))
	for range 2 { // in any order
		if got := driver().Place(append(files, "证书使用说明", "")); !maps.Equal(got, want) {
			t.Errorf("placed %v", slices.Sorted(maps.Keys(got)))
		}
		slices.Reverse(files)
	}
	// A platform certificate goes where the inspection names it.
	platform := certificate(theirs, "Tenpay.com Root CA", year)
	if got := driver().Place([]string{platform}); got["public_key"] != platform || len(got) != 1 {
		t.Errorf("a platform certificate is placed at %v", slices.Sorted(maps.Keys(got)))
	}
}

func TestSecretFieldsAreMarked(t *testing.T) {
	var secret []string
	for _, f := range driver().Fields() {
		if f.Secret {
			secret = append(secret, f.Name)
		}
	}
	if !slices.Equal(secret, []string{"api_v3_key", "private_key"}) {
		t.Errorf("secret fields %v", secret)
	}
}
