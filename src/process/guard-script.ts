/** The guard's program: a small shell that outlives its worker just long enough to end what the worker left running. */

/** Variable that marks a process whose id the guard has not been told yet. */
export const spawnVariable = 'MOCHA_COCOTB_SPAWN';

/**
 * Lines on stdin: `? token` a process with that token is about to start, `! token` the token is settled, `+ target` watch,
 * `- target` forget; a target is what kill takes, so a group is a negative number. At the end of stdin, which comes when the
 * worker is gone, whoever is still watched gets SIGTERM, up to two seconds, and SIGKILL.
 *
 * A token not settled by then belongs to a process that was starting when the worker died: it is looked up in /proc, several times since
 * a forked child shows its own environment only after its exec.
 */
export const guardScript = `
trap '' HUP INT TERM QUIT
watched=' '
pending=' '
forget() {
  case "$list" in *" $1 "*) list="\${list%%" $1 "*} \${list#*" $1 "}" ;; esac
}
while read -r verb what; do
  case $verb in
    +) watched="$watched$what " ;;
    -) list=$watched; forget "$what"; watched=$list ;;
    \\?) pending="$pending$what " ;;
    !) list=$pending; forget "$what"; pending=$list ;;
  esac
done
starting() {
  for token in $pending; do
    for file in $(grep -lsF "${spawnVariable}=$token" /proc/[0-9]*/environ); do
      pid=\${file#/proc/}
      pid=\${pid%/environ}
      echo "-$pid $pid"
    done
  done
}
signal() {
  alive=
  for target in $watched; do
    kill -s "$1" -- "$target" 2>/dev/null && alive=yes
  done
}
[ "$watched$pending" = '  ' ] && exit
watched="$watched $(starting)"
signal TERM
for round in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  [ "$pending" = ' ' ] || watched="$watched $(starting)"
  signal 0
  [ "$alive$pending" = ' ' ] && exit
  sleep 0.1 2>/dev/null || sleep 1
done
signal KILL
`;
