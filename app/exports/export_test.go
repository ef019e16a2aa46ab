package exports

import "time"

// NoteEvery sets how often a running export notes its progress and asks whether it
// is still its own.
func (s *Service) NoteEvery(d time.Duration) { s.noteEvery = d }
