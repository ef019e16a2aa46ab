package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/config"
)

// exitBroken is the exit code when an audit chain is not what was recorded: the
// check itself worked.
const exitBroken = 3

// brokenChains says how many audit chains are broken.
type brokenChains int

func (n brokenChains) Error() string { return fmt.Sprintf("%d audit chains are broken", int(n)) }

func auditCommand(ctx context.Context, env environment, args []string) error {
	return sub(env, "audit", args, map[string]func([]string) error{
		"verify": func(args []string) error { return auditVerify(ctx, env, args) },
	})
}

const auditUsage = `usage: piaohao audit verify [--config FILE] [--heads FILE [--keep]]

Walks the audit chain of every merchant and the platform's, row by row, and names
what is not as it was recorded.

Whoever can write to the database could cut off the end of a chain and put back an
older copy of its head: from inside, that looks whole. Heads kept elsewhere show
it. With --heads every head in the file must still be in its chain; the file may be
one that --keep wrote or the server's log in JSON (its hourly lines "audit head"),
and - reads from standard input. Keep the file where the database's administrator
cannot write: another machine, or storage that only appends.

Exit codes: 0 all chains are whole; 1 it could not be checked; 2 misused; 3 a chain
is broken.

`

// headFile is the file of heads kept elsewhere, "" for none.
type headFile struct {
	path string
	keep bool // write the heads of whole chains to its end
}

// auditVerify checks every chain, against kept heads where a file names them.
func auditVerify(ctx context.Context, env environment, args []string) error {
	var kept headFile
	cfg, _, err := flagsOf(env, "audit verify", config.Default(), args, func(set *flag.FlagSet) {
		set.StringVar(&kept.path, "heads", "", "compare the chains with the heads in the `file`")
		set.BoolVar(&kept.keep, "keep", false, "afterwards add the heads to the file, if all chains are whole")
		set.Usage = func() {
			printf(env.stderr, "%s", auditUsage)
			set.PrintDefaults()
		}
	})
	if err != nil {
		return err
	}
	if kept.keep && (kept.path == "" || kept.path == "-") {
		return errors.New("--keep needs --heads with the name of a file")
	}
	p, err := openPlatform(ctx, env, cfg)
	if err != nil {
		return err
	}
	return errors.Join(verifyChains(ctx, p.audit, env, kept), p.close())
}

// verifyChains checks and reports every chain. Its error is brokenChains where
// some are.
func verifyChains(ctx context.Context, log *audit.Log, env environment, kept headFile) error {
	published, err := kept.read(log)
	if err != nil {
		return err
	}
	chains, err := log.Chains(ctx)
	if err != nil {
		return err
	}
	for _, h := range published { // a chain of which nothing is left
		chains = append(chains, h.Chain)
	}
	slices.Sort(chains)
	chains = slices.Compact(chains)
	var heads []audit.Head
	bad := 0
	for _, chain := range chains {
		head, whole, err := verifyChain(ctx, log, env.stdout, chain, published)
		if err != nil {
			return err
		}
		if !whole {
			bad++
		}
		if head.Seq > 0 && !slices.Contains(published, head) {
			heads = append(heads, head)
		}
	}
	printf(env.stdout, "%d chains checked%s\n", len(chains), kept.compared(published))
	if bad > 0 {
		return brokenChains(bad)
	}
	return kept.write(ctx, log, env.stdout, heads)
}

// verifyChain also returns the head that the chain had before it was walked.
func verifyChain(ctx context.Context, log *audit.Log, out io.Writer, chain string, published []audit.Head) (head audit.Head, whole bool, err error) {
	if head, err = log.Head(ctx, chain); err != nil {
		return head, false, err
	}
	problems, err := log.Verify(ctx, chain, append(slices.Clip(published), head)...)
	if err != nil {
		return head, false, err
	}
	for _, problem := range problems {
		printf(out, "%s: BROKEN: %v\n", chain, problem)
	}
	if len(problems) == 0 {
		printf(out, "%s: whole through row %d, %s\n", chain, head.Seq, head.Hash)
	}
	return head, len(problems) == 0, nil
}

// read returns the heads in the file. One that is to be kept may not be there
// yet.
func (f headFile) read(log *audit.Log) (heads []audit.Head, err error) {
	if f.path == "" {
		return nil, nil
	}
	in := os.Stdin
	if f.path != "-" {
		if in, err = os.Open(f.path); f.keep && errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		} else if err != nil {
			return nil, fmt.Errorf("the heads cannot be read: %w", err)
		}
		defer func() { err = errors.Join(err, in.Close()) }()
	}
	if heads, err = log.ReadHeads(in); err != nil {
		return nil, fmt.Errorf("%s: %w", f.path, err)
	}
	if len(heads) == 0 {
		return nil, fmt.Errorf("%s holds no heads: name a file that --keep wrote, or a log in JSON with its lines \"audit head\"", f.path)
	}
	return heads, nil
}

func (f headFile) compared(published []audit.Head) string {
	switch {
	case f.path == "":
		return ""
	case len(published) == 0:
		return ", with no heads to compare them with: " + f.path + " begins now"
	}
	return fmt.Sprintf(" against %d heads of %s", len(published), f.path)
}

// write adds the heads to the end of the file and returns when they are on disk.
func (f headFile) write(ctx context.Context, log *audit.Log, out io.Writer, heads []audit.Head) error {
	if !f.keep || len(heads) == 0 {
		return nil
	}
	var lines strings.Builder
	if err := log.WriteHeads(ctx, &lines, heads); err != nil {
		return err
	}
	file, err := os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("the heads cannot be kept: %w", err)
	}
	_, err = file.WriteString(lines.String())
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("keep the heads: %w", err)
	}
	printf(out, "%d heads were added to %s\n", len(heads), f.path)
	return nil
}
