package docs

// statusClass colours a status; the number says the same in words.
func statusClass(status string) string {
	switch status[0] {
	case '2':
		return "status-good"
	case '4', '5':
		return "status-bad"
	}
	return "status-other"
}
