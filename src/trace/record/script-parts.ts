/**
 * The fixed parts of the recording script, in order. They are POSIX shell and use nothing beyond what busybox has. Every
 * change to the system goes through `change`, `put` or `append`, so that --dry-run can tell it instead of making it.
 */

/** Arguments, messages, and the only functions that change anything. */
export const PREAMBLE = `
say() { printf 'lockvet-record: %s\\n' "$*" >&2; }
die() { say "$*"; exit 2; }

usage() {
  printf 'usage: sh %s [--dry-run] [COMMAND [ARGUMENT...]]\\n' "$0"
  printf 'Records until COMMAND ends, for the time chosen when this script was made, or until Ctrl-C.\\n'
  printf 'Exit status: that of COMMAND, or 0; 2 when nothing could be recorded; 128+N after signal N.\\n'
}

while [ "$#" -gt 0 ]; do
  case $1 in
    -n | --dry-run) DRY_RUN=1 ;;
    -h | --help) usage; exit 0 ;;
    --) shift; break ;;
    -*) usage >&2; exit 2 ;;
    *) break ;;
  esac
  shift
done

# Runs a command that changes something.
change() {
  if [ "$DRY_RUN" = 1 ]; then
    printf 'would run:'
    printf ' %s' "$@"
    printf '\\n'
  else
    "$@"
  fi
}

# put VALUE FILE: writes a value to a control file.
put() {
  if [ "$DRY_RUN" = 1 ]; then
    printf 'would write %s to %s\\n' "$1" "$2"
  else
    { printf '%s\\n' "$1" >"$2"; } 2>/dev/null
  fi
}

# append VALUE FILE: adds a line to a control file.
append() {
  if [ "$DRY_RUN" = 1 ]; then
    printf 'would append %s to %s\\n' "$1" "$2"
  else
    { printf '%s\\n' "$1" >>"$2"; } 2>/dev/null
  fi
}
`;

/** What is undone, in whatever state the script ends. Only what it made itself is touched. */
export const CLEANUP = `
TRACEFS=
TRACE=
MOUNTED=0
MADE_INSTANCE=0
MADE_PROBES=
ENABLED=
SAVED_BUFFER=
SAVED_TRACING=
READER=
CHILD=
TIMER=
SIGNAL=
FAILED=0

# Acquisitions go first: a release that is seen without its acquisition is harmless, the reverse is not.
switch_off() {
  if [ -n "$ENABLED" ]; then
    put 0 "$TRACE/tracing_on" || FAILED=1
  fi
  for event in $ENABLED; do
    put 0 "$TRACE/events/$event/enable" || FAILED=1
  done
  ENABLED=
}

cleanup() {
  STATUS=$?
  trap '' INT TERM HUP
  trap - EXIT
  for process in $CHILD $TIMER $READER; do kill "$process" 2>/dev/null; done
  [ -z "$TRACE" ] || switch_off
  for probe in $MADE_PROBES; do
    append "-:$probe" "$TRACEFS/dynamic_events" || FAILED=1
  done
  if [ "$MADE_INSTANCE" = 1 ]; then
    [ -z "$READER" ] || wait "$READER" 2>/dev/null
    change rmdir "$TRACE" || FAILED=1
  else
    [ -z "$SAVED_BUFFER" ] || put "$SAVED_BUFFER" "$TRACE/buffer_size_kb" || FAILED=1
    [ -z "$SAVED_TRACING" ] || put "$SAVED_TRACING" "$TRACE/tracing_on" || FAILED=1
  fi
  [ "$MOUNTED" = 0 ] || change umount "$TRACEFS" || FAILED=1
  if [ "$FAILED" = 1 ]; then
    say "could not undo everything: look at $TRACE"
    [ "$STATUS" != 0 ] || STATUS=2
  fi
  exit "$STATUS"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
`;

/** Finds tracefs, makes the trace instance and the probes. */
export const SETUP = `
if [ -n "\${LOCKVET_TRACEFS:-}" ]; then
  TRACEFS=$LOCKVET_TRACEFS
  [ -d "$TRACEFS/events" ] || die "$TRACEFS is not a tracing directory"
else
  [ "$(id -u)" = 0 ] || [ "$DRY_RUN" = 1 ] || die 'only root may record: run it with sudo'
  for TRACEFS in /sys/kernel/tracing /sys/kernel/debug/tracing; do
    [ ! -d "$TRACEFS/events" ] || break
  done
  if [ ! -d "$TRACEFS/events" ]; then
    TRACEFS=/sys/kernel/tracing
    [ -d "$TRACEFS" ] || die 'this kernel has no tracefs (CONFIG_TRACING)'
    change mount -t tracefs nodev "$TRACEFS" || die "could not mount tracefs at $TRACEFS"
    if [ "$DRY_RUN" = 1 ]; then
      say 'what comes then depends on what the kernel has: mount tracefs to see it'
      exit 0
    fi
    MOUNTED=1
    [ -d "$TRACEFS/events" ] || die "could not mount tracefs at $TRACEFS"
  fi
fi
if [ ! -f "$TRACEFS/events/lock/lock_acquire/enable" ]; then
  die 'this kernel has no lock events: it needs CONFIG_LOCKDEP (CONFIG_PROVE_LOCKING or CONFIG_LOCK_STAT)'
fi

# An instance of its own disturbs nobody else who traces.
if [ -d "$TRACEFS/instances" ]; then
  TRACE=$TRACEFS/instances/lockvet
  [ ! -d "$TRACE" ] || die "$TRACE exists: another recording runs, or one was killed (then: rmdir $TRACE)"
  if change mkdir "$TRACE"; then
    MADE_INSTANCE=1
  else
    die "could not make the trace instance $TRACE"
  fi
else
  say 'this kernel has no trace instances: using the main buffer'
  TRACE=$TRACEFS
  SAVED_TRACING=$(cat "$TRACE/tracing_on")
  SAVED_BUFFER=$(sed 's/[^0-9].*//' "$TRACE/buffer_size_kb")
fi

# While events are switched on one after another, none is recorded.
put 0 "$TRACE/tracing_on" || die "could not write to $TRACE"
put "$BUFFER_KB" "$TRACE/buffer_size_kb" || say "could not set the buffer to $BUFFER_KB KiB a CPU: going on with what there is"
if [ "$MADE_INSTANCE" = 1 ] && grep -q global "$TRACEFS/trace_clock" 2>/dev/null; then
  put global "$TRACE/trace_clock" || say 'could not set the global clock: times of different CPUs may differ'
fi

# probe NAME DEFINITION: makes an event probe.
probe() {
  append "e:lockvet/$1 $2" "$TRACEFS/dynamic_events" || return 1
  MADE_PROBES="lockvet/$1 $MADE_PROBES"
  [ "$DRY_RUN" = 1 ] || [ -f "$TRACE/events/lockvet/$1/enable" ]
}

# Event probes read the class key and the wait types out of struct lockdep_map; its layout is that of 64-bit kernels.
can_probe() {
  [ "$STOCK_EVENTS" = 0 ] && [ -e "$TRACEFS/dynamic_events" ] || return 1
  format=$TRACEFS/events/lock/lock_acquire/format
  grep -q 'lockdep_addr' "$format" 2>/dev/null && grep -q ' flags;' "$format" || return 1
  # An extended kernel prints the key by itself, and more.
  ! grep -q ' key;' "$format" || return 1
  if grep -q 'lockvet/' "$TRACEFS/dynamic_events" 2>/dev/null; then
    say 'there are event probes named lockvet already: using the stock events'
    return 1
  fi
  case $(uname -m) in
    *64* | s390x) ;;
    *) return 1 ;;
  esac
}

ACQUIRE=lock/lock_acquire
RELEASE=lock/lock_release
if can_probe; then
  if probe release "$PROBE_RELEASE" && probe acquire "$PROBE_ACQUIRE"; then
    ACQUIRE=lockvet/acquire
    RELEASE=lockvet/release
  else
    say 'this kernel takes no event probes: using the stock events, without class keys and wait types'
    for made in $MADE_PROBES; do append "-:$made" "$TRACEFS/dynamic_events"; done
    MADE_PROBES=
  fi
fi
`;

/** Switches on, records, switches off, and hands over the recording. */
export const RECORD = `
# switch_on EVENT: switches an event on that is not on already; returns false when the kernel does not have it.
switch_on() {
  file=$TRACE/events/$1/enable
  if [ "$DRY_RUN" = 1 ]; then
    case $1 in
      lockvet/*) ;;
      *) [ -f "$TRACEFS/events/$1/enable" ] || return 1 ;;
    esac
    put 1 "$file"
    ENABLED="$1 $ENABLED"
    return 0
  fi
  [ -f "$file" ] || return 1
  [ "$MADE_INSTANCE" = 1 ] || case $(cat "$file") in 1*) return 0 ;; esac
  put 1 "$file" || return 1
  ENABLED="$1 $ENABLED"
}

MISSING=
for event in $EVENTS; do switch_on "$event" || MISSING="$MISSING $event"; done
[ -z "$MISSING" ] || say "not on this kernel, so not recorded:$MISSING"
# The other lock events are there or not, as the kernel is configured.
for event in $LOCK_EVENTS; do switch_on "$event" || :; done
# Releases before acquisitions: an acquisition whose release is lost would look held for ever.
switch_on "$RELEASE" || die "could not switch $RELEASE on"
switch_on "$ACQUIRE" || die "could not switch $ACQUIRE on"

if [ "$DRY_RUN" = 1 ]; then
  printf 'would write 1 to %s\\n' "$TRACE/tracing_on"
  if [ "$#" -gt 0 ]; then
    change "$@"
  elif [ -n "$DURATION" ]; then
    printf 'would wait %s s\\n' "$DURATION"
  else
    printf 'would wait for Ctrl-C\\n'
  fi
  case $READ in
    stream) printf 'would copy %s to %s all the while\\n' "$TRACE/trace_pipe" "$OUTPUT" ;;
    *) printf 'would copy %s to %s at the end\\n' "$TRACE/trace" "$OUTPUT" ;;
  esac
  exit 0
fi

# Kernel addresses are in it: for the owner's eyes.
umask 077
{ printf '' >"$OUTPUT"; } 2>/dev/null || die "cannot write $OUTPUT"
if [ "$READ" = stream ]; then
  cat "$TRACE/trace_pipe" >>"$OUTPUT" &
  READER=$!
  # What the reader itself does is no part of the recording, and would never end.
  if [ "$MADE_INSTANCE" = 1 ] && [ -f "$TRACE/set_event_notrace_pid" ]; then
    put "$READER" "$TRACE/set_event_notrace_pid" || say 'the recording will have the work of its own reader in it'
  fi
fi

stop() {
  SIGNAL=$1
  [ -z "$CHILD" ] || kill "$CHILD" 2>/dev/null
  [ -z "$TIMER" ] || kill "$TIMER" 2>/dev/null
}
trap 'stop 2' INT
trap 'stop 15' TERM
trap 'stop 1' HUP

put 1 "$TRACE/tracing_on" || die "could not start: $TRACE/tracing_on"
STATUS=0
if [ "$#" -gt 0 ]; then
  say "recording: $1"
  # A background command gets no input unless it is told where from.
  exec 3<&0
  "$@" <&3 3<&- &
  CHILD=$!
  exec 3<&-
  [ -z "$SIGNAL" ] || kill "$CHILD" 2>/dev/null
  wait "$CHILD"
  STATUS=$?
  # A signal ends the wait, and was handed on to the command: wait until it is gone.
  while [ -n "$SIGNAL" ] && kill -0 "$CHILD" 2>/dev/null; do
    wait "$CHILD"
    STATUS=$?
  done
  CHILD=
elif [ -n "$DURATION" ]; then
  say "recording for $DURATION s; Ctrl-C ends it sooner"
  sleep "$DURATION" &
  TIMER=$!
  [ -z "$SIGNAL" ] || kill "$TIMER" 2>/dev/null
  wait "$TIMER"
  TIMER=
else
  say 'recording until Ctrl-C'
  while [ -z "$SIGNAL" ]; do
    # Short: a signal that comes before the new process is a sleep is lost in it.
    sleep 5 &
    TIMER=$!
    [ -z "$SIGNAL" ] || kill "$TIMER" 2>/dev/null
    wait "$TIMER"
  done
  TIMER=
fi

trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
switch_off
if [ "$READ" = stream ]; then
  # With tracing off the pipe ends when it is empty, unless nothing was ever in it.
  waited=0
  while kill -0 "$READER" 2>/dev/null && [ "$waited" -lt "\${LOCKVET_DRAIN_SECONDS:-10}" ]; do
    sleep 1
    waited=$((waited + 1))
  done
  kill "$READER" 2>/dev/null
  wait "$READER" 2>/dev/null
  READER=
else
  cat "$TRACE/trace" >"$OUTPUT" || die "could not copy the recording to $OUTPUT"
fi
[ -s "$OUTPUT" ] || die 'nothing was recorded'
say "recorded to $OUTPUT; now: lockvet lint $OUTPUT"
# Ctrl-C is the way to end a recording; other signals ask the script itself to go.
case $SIGNAL in
  15) exit 143 ;;
  1) exit 129 ;;
esac
exit "$STATUS"
`;
