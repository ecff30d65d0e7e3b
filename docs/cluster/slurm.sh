#!/bin/bash
# A slice a task: sbatch --array=1-8 slurm.sh plan
#SBATCH --job-name=kinesim-sweep
#SBATCH --cpus-per-task=2
#SBATCH --output=kinesim-%A_%a.log
set -eu
plan=${1:?name the plan, as in: sbatch --array=1-8 slurm.sh plan}
exec kinesim sweep run "$plan" -j "${SLURM_CPUS_PER_TASK:-2}" --progress plain
