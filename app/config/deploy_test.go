package config

import (
	"os"
	"regexp"
	"testing"
)

var variable = regexp.MustCompile(`PIAOHAO_[A-Z_]+`)

func TestDeploymentFilesSetOnlyKnownVariables(t *testing.T) {
	known := map[string]bool{}
	for _, s := range settings(&Config{}) {
		known[s.env()] = true
	}
	found := 0
	for _, file := range []string{"docker-compose.yml", "scripts/compose-secrets.sh"} {
		text, err := os.ReadFile("../../" + file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range variable.FindAllString(string(text), -1) {
			if found++; !known[name] {
				t.Errorf("%s sets %s, which is no key", file, name)
			}
		}
	}
	if found == 0 {
		t.Error("no variable was found")
	}
}
