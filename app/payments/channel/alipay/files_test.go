package alipay_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
)

func TestFilesAreToldApartByWhatTheyHold(t *testing.T) {
	c := certified(nil)
	want := map[string]string{
		"app_private_key": c["app_private_key"], "alipay_public_key": publicPEM(&alipayKey().PublicKey),
		"app_cert": c["app_cert"], "alipay_cert": c["alipay_cert"], "alipay_root_cert": c["alipay_root_cert"],
	}
	files := slices.Sorted(maps.Values(want))
	for range 2 { // in any order
		if got := driver().Place(append(files, "a page of instructions", "")); !maps.Equal(got, want) {
			t.Errorf("placed %v", slices.Sorted(maps.Keys(got)))
		}
		slices.Reverse(files)
	}
	// A bundle of two is the root file, whatever its first certificate is.
	bundle := c["alipay_cert"] + c["alipay_root_cert"]
	if got := driver().Place([]string{bundle}); got["alipay_root_cert"] != bundle || len(got) != 1 {
		t.Errorf("a bundle is placed at %v", slices.Sorted(maps.Keys(got)))
	}
}

func TestFieldsAreThoseOfTheCredentials(t *testing.T) {
	var names, secret []string
	for _, f := range driver().Fields() {
		names = append(names, f.Name)
		if f.Secret {
			secret = append(secret, f.Name)
		}
	}
	stored, _ := driver().Normalize(raw(certified(map[string]string{"alipay_public_key": publicPEM(&alipayKey().PublicKey)})))
	var object map[string]string
	if err := json.Unmarshal(stored, &object); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(slices.Sorted(maps.Keys(object)), slices.Sorted(slices.Values(names))) || !slices.Equal(secret, []string{"app_private_key"}) {
		t.Errorf("fields %v, secret %v, stored %v", names, secret, slices.Sorted(maps.Keys(object)))
	}
}
