package status

// Level says how a check went.
type Level string

// The levels.
const (
	Good    Level = "good"
	Info    Level = "info"    // a fact, neither good nor bad
	Warning Level = "warning" // to be looked at
	Bad     Level = "bad"     // it does not work
)

// Check is one thing that an operator should know, by a code whose sentence is
// in the catalogues.
type Check struct {
	Code  string
	Level Level
	Args  map[string]string
}
