package config

import "github.com/robfig/cron/v3"

// Reconcile is how our books are compared with the channels' bills.
type Reconcile struct {
	// WeChatAt and AlipayAt are when yesterday's bills are fetched: five fields as
	// of cron, in Beijing's time.
	WeChatAt   string `toml:"wechat_at"`
	AlipayAt   string `toml:"alipay_at"`
	ArchiveDir string `toml:"archive_dir"` // where originals are kept, unless S3 is named
	ScratchDir string `toml:"scratch_dir"` // for sorting a day outside of memory
	Workers    int    `toml:"workers"`     // days at a time on this server
	// MaxDifferences is how many exceptions one day of one account may have before
	// it counts as a mistake of ours or the channel's as a whole.
	MaxDifferences int `toml:"max_differences"`
	S3             S3  `toml:"s3"`
}

// S3 names the bucket that replaces ArchiveDir; an empty Endpoint names none.
type S3 struct {
	Endpoint  string `toml:"endpoint"`
	Bucket    string `toml:"bucket"`
	Region    string `toml:"region"`
	AccessKey string `toml:"access_key"`
	SecretKey Secret `toml:"secret_key"`
	Prefix    string `toml:"prefix"`
}

func defaultReconcile() Reconcile {
	return Reconcile{
		WeChatAt: "15 10 * * *", AlipayAt: "30 9 * * *", ArchiveDir: "data/archive", ScratchDir: "data/scratch", Workers: 2, MaxDifferences: 20_000,
	}
}

func (r Reconcile) validate(p *Problems) {
	for key, spec := range map[string]string{"reconcile.wechat_at": r.WeChatAt, "reconcile.alipay_at": r.AlipayAt} {
		if _, err := cron.ParseStandard(spec); err != nil || spec[0] == '@' || spec[0] == 'T' || spec[0] == 'C' {
			p.add(key, "write minute, hour, day, month and weekday as cron does, such as \"15 10 * * *\"; the time is Beijing's", "%q is no such time", spec)
		}
	}
	if r.ArchiveDir == "" && r.S3.Endpoint == "" {
		p.add("reconcile.archive_dir", "name a folder, or a bucket in reconcile.s3", "the originals of bills must be kept somewhere")
	}
	if r.ScratchDir == "" {
		p.add("reconcile.scratch_dir", "name a folder with room for a day's bills", "it is empty")
	}
	between(p, "reconcile.workers", r.Workers, 1, 64)
	between(p, "reconcile.max_differences", r.MaxDifferences, 1, 1_000_000)
	r.S3.validate(p)
}

func (s S3) validate(p *Problems) {
	if s.Endpoint == "" {
		if s.Bucket != "" || s.AccessKey != "" || s.SecretKey != "" {
			p.add("reconcile.s3.endpoint", "write it as https://s3.example.com, or clear the rest of reconcile.s3", "a bucket is described, but not where it is")
		}
		return
	}
	if !httpURL(s.Endpoint) {
		p.add("reconcile.s3.endpoint", "write it as https://s3.example.com", "%q is not an http or https URL", s.Endpoint)
	}
	for key, value := range map[string]string{"bucket": s.Bucket, "access_key": s.AccessKey, "secret_key": s.SecretKey.Reveal()} {
		if value == "" {
			p.add("reconcile.s3."+key, "write what the storage service gave you", "it is empty, but reconcile.s3.endpoint is set")
		}
	}
}
