package console

import (
	"net/url"
	"slices"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/jobs"
	"github.com/piaohao/piaohao/app/status"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// JobInfo is a background job as it is scheduled.
type JobInfo struct {
	Name, Schedule string
	Leased         bool // it runs on one server at a time
}

func operationRoutes() []Route {
	const job = routes.AdminJobs + "/:job"
	return []Route{
		get(routes.AdminJobs, OnPlatform, access.Jobs, access.Read, (*Console).jobsPage),
		get(job, OnPlatform, access.Jobs, access.Read, (*Console).jobPage),
		post(job+"/run", OnPlatform, access.Jobs, access.Run, (*Console).runJob),
		get(routes.AdminChannels, OnPlatform, access.Jobs, access.Read, (*Console).channelsPage),
		get(routes.AdminSystem, OnPlatform, access.Settings, access.Read, (*Console).systemPage),
		get(routes.AdminSettings, OnPlatform, access.Settings, access.Read, (*Console).platformSettingsPage),
		fresh(post(routes.AdminSettings, OnPlatform, access.Settings, access.Write, (*Console).changePlatformSettings)),
	}
}

// jobsPage shows the jobs, the queues they work and the servers: a fixed number
// of bounded reads, however long the queues are.
func (c *Console) jobsPage(r *request) error {
	s, err := c.shell(r, layout.NavJobs)
	if err != nil {
		return err
	}
	view := pages.Jobs{Shell: s}
	if view.Rows, err = c.jobRows(r); err != nil {
		return err
	}
	if view.Servers, err = c.serverRows(r); err != nil {
		return err
	}
	lags, err := c.Servers.Lags(r.ctx)
	if err != nil {
		return err
	}
	for _, l := range lags {
		view.Queues = append(view.Queues, pages.QueueRow{Name: l.Queue, Count: l.Count, Most: status.Most, Since: l.Since})
	}
	return c.page(r, pages.JobsPage(view))
}

func (c *Console) jobRows(r *request) ([]pages.JobRow, error) {
	states, err := c.Jobs.States(r.ctx)
	if err != nil {
		return nil, err
	}
	holders, err := c.Jobs.Holders(r.ctx)
	if err != nil {
		return nil, err
	}
	waiting, err := c.Jobs.Waiting(r.ctx)
	if err != nil {
		return nil, err
	}
	var rows []pages.JobRow
	for _, j := range c.JobTable {
		st := states[j.Name]
		row := pages.JobRow{
			Name: j.Name, Schedule: j.Schedule, Leased: j.Leased, Result: st.Result, Server: st.Server,
			StartedAt: st.StartedAt, DurationMS: st.DurationMS, NextAt: st.NextAt, Failures: st.Failures,
			Error: st.Error, FailedAt: st.FailedAt, SucceededAt: st.SucceededAt, Holder: holders[j.Name].Owner,
			RunningSince: st.RunningSince, RunningServer: st.RunningServer,
			Asked: slices.ContainsFunc(waiting, func(w jobs.Run) bool { return w.Job == j.Name }),
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func (c *Console) serverRows(r *request) ([]pages.ServerRow, error) {
	list, now, err := c.Servers.List(r.ctx)
	if err != nil {
		return nil, err
	}
	var rows []pages.ServerRow
	for _, s := range list {
		state := "gone"
		switch {
		case s.Alive(now):
			state = "alive"
		case s.StoppedAt != 0:
			state = "stopped"
		}
		rows = append(rows, pages.ServerRow{
			ID: s.ID, Host: s.Host, Version: s.Version, Build: s.Build, State: state, StartedAt: s.StartedAt, SeenAt: s.SeenAt,
			UptimeMS: int64(max(s.SeenAt-s.StartedAt, 0)), PoolInUse: s.Facts.PoolInUse, PoolOpen: s.Facts.PoolOpen, PoolMax: s.Facts.PoolMax,
			SkewMS: s.Facts.SkewMS, HeapBytes: s.Facts.HeapBytes, DiskFree: s.Facts.DiskFree, DiskTotal: s.Facts.DiskTotal,
		})
	}
	return rows, nil
}

// jobPage is one job with its latest runs.
func (c *Console) jobPage(r *request) error {
	view, err := c.jobView(r)
	if err != nil {
		return err
	}
	return c.page(r, pages.JobPage(view))
}

func (c *Console) jobView(r *request) (pages.Job, error) {
	name, err := url.PathUnescape(r.Params("job"))
	if err != nil || !slices.ContainsFunc(c.JobTable, func(j JobInfo) bool { return j.Name == name }) {
		return pages.Job{}, app.Errorf(app.NotFound, "no such job")
	}
	s, err := c.shell(r, layout.NavJobs)
	if err != nil {
		return pages.Job{}, err
	}
	rows, err := c.jobRows(r)
	if err != nil {
		return pages.Job{}, err
	}
	view := pages.Job{Shell: s}
	for _, row := range rows {
		if row.Name == name {
			view.Job = row
		}
	}
	runs, err := c.Jobs.Runs(r.ctx, name)
	for _, run := range runs {
		view.Runs = append(view.Runs, pages.JobRun{
			ID: run.ID, State: string(run.State), ByPerson: run.Cause == jobs.ByRequest, AskedName: run.AskedName, AskedAt: run.AskedAt,
			Server: run.Server, StartedAt: run.StartedAt, EndedAt: run.EndedAt, Error: run.Error,
		})
	}
	return view, err
}

// runJob has a job run as soon as a server can; the page tells how it goes.
func (c *Console) runJob(r *request) error {
	view, err := c.jobView(r)
	if err != nil {
		return err
	}
	_, err = c.Jobs.Ask(r.ctx, view.Job.Name)
	if view.Errors = c.fieldErrors(r, err); view.Errors != nil {
		return c.refuse(r, pages.JobPage(view))
	}
	if err != nil {
		return err
	}
	return c.done(r, routes.AdminJob(view.Job.Name), "job_asked")
}
