#!/bin/bash
# A trial of the Slurm template on one Debian machine, as root: installs Slurm, starts it, runs an
# array job of four slices, merges, and compares with a plain sweep.
#
#   slurm-local.sh path/to/kinesim
#
# It changes /etc/slurm and /etc/munge: for a container or a machine of no other use.
set -eu
kinesim=$(readlink -f "${1:?name the program, as in: slurm-local.sh target/release/kinesim}")
here=$(dirname "$(readlink -f "$0")")
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends slurmctld slurmd slurm-client munge >/dev/null

desk=$(mktemp -d)
chmod 755 "$desk"
host=$(hostname -s)
mkdir -p /etc/slurm "$desk/ctl" "$desk/spool"
cat >/etc/slurm/slurm.conf <<CONF
ClusterName=trial
SlurmctldHost=$host
AuthType=auth/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$desk/ctl
SlurmdSpoolDir=$desk/spool
SlurmctldPidFile=$desk/slurmctld.pid
SlurmdPidFile=$desk/slurmd.pid
SlurmctldLogFile=$desk/slurmctld.log
SlurmdLogFile=$desk/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
SchedulerType=sched/backfill
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
NodeName=$host CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF

# Only what was started here is ended here.
started=()
finish() {
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$desk"
}
trap finish EXIT
mkdir -p /run/munge && chown munge: /run/munge
[ -s /etc/munge/munge.key ] || { dd if=/dev/urandom of=/etc/munge/munge.key bs=1 count=1024 status=none; }
chown munge: /etc/munge/munge.key && chmod 400 /etc/munge/munge.key
su -s /bin/bash munge -c 'exec /usr/sbin/munged --foreground' & started+=($!)
for _ in $(seq 50); do munge -n >/dev/null 2>&1 && break; sleep 0.2; done
slurmctld -D & started+=($!)
sleep 2
slurmd -D & started+=($!)
for _ in $(seq 60); do sinfo -h -o %T 2>/dev/null | grep -q idle && break; sleep 1; done
sinfo

cd "$desk"
cp "$here/trial.toml" a.toml
what=(a.toml --vary stream.shard_count=1..6 --repeat 3)
"$kinesim" sweep "${what[@]}" -q -o alone
"$kinesim" sweep plan "${what[@]}" -o plan
PATH=$(dirname "$kinesim"):$PATH sbatch --wait --array=1-4 --cpus-per-task=1 --chdir="$desk" \
  "$here/slurm.sh" plan
"$kinesim" sweep status plan
"$kinesim" sweep merge plan -q -o merged
diff -r alone merged
echo "four slices of a Slurm array gave the bytes of one machine"
