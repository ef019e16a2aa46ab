package pages

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/piaohao/piaohao/web/i18n"
)

// schedule says in words when a job runs. A schedule of another form stays as it
// is written in the configuration.
func schedule(ctx context.Context, spec string) string {
	switch spec {
	case "@hourly":
		return i18n.T(ctx, "jobs.every_hour")
	case "@daily":
		return i18n.T(ctx, "jobs.every_day")
	}
	if every, ok := strings.CutPrefix(spec, "@every "); ok {
		d, err := time.ParseDuration(every)
		switch {
		case err != nil || d < time.Second:
			return spec
		case d%time.Minute == 0:
			return i18n.T(ctx, "jobs.every_minutes", "count", strconv.Itoa(int(d/time.Minute)))
		}
		return i18n.T(ctx, "jobs.every_seconds", "count", strconv.Itoa(int(d/time.Second)))
	}
	if at, ok := strings.CutPrefix(spec, "CRON_TZ=Asia/Shanghai "); ok {
		var minute, hour int
		if n, err := fmt.Sscanf(at, "%d %d * * *", &minute, &hour); n == 2 && err == nil {
			return i18n.T(ctx, "jobs.every_day_at", "time", fmt.Sprintf("%02d:%02d", hour, minute))
		}
	}
	return spec
}
