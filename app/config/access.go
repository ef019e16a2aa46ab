package config

// Access is what people have to show before they may do something.
type Access struct {
	// FreshFor is how long a password or second factor counts as given just now.
	FreshFor Duration `toml:"fresh_for"`
}

func (a Access) validate(p *Problems) {
	positive(p, "access.fresh_for", a.FreshFor)
}
