package config

import "fmt"

// suggest names the known key closest to a misspelt one, when one is close.
func suggest(c *Config, key string) string {
	best, distance := "", 4
	for _, s := range settings(c) {
		if s.envOnly && s.key == key {
			return fmt.Sprintf("; it is read from the environment only, as %s", s.env())
		}
		if d := editDistance(key, s.key); d < distance && !s.envOnly {
			best, distance = s.key, d
		}
	}
	if best == "" {
		return "; config.example.toml lists every key"
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// editDistance is Levenshtein's: insertions, deletions and replacements.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
