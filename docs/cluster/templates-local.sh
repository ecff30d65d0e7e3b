#!/bin/bash
# A trial of the templates but Slurm's on one machine: plays four slices of a sweep by each, merges,
# and compares with a plain sweep; checks the JSON against what AWS and Kubernetes publish.
#
#   templates-local.sh path/to/kinesim
#
# It needs GNU parallel, Python, and network for two of its packages; it changes nothing but a
# temporary folder.
set -eu
kinesim=$(readlink -f "${1:?name the program, as in: templates-local.sh target/release/kinesim}")
here=$(dirname "$(readlink -f "$0")")
PATH=$(dirname "$kinesim"):$PATH
desk=$(mktemp -d)
trap 'rm -rf "$desk"' EXIT
cd "$desk"
python3 -m venv python
python/bin/pip install -q --disable-pip-version-check botocore kubernetes-validate

cp "$here/trial.toml" a.toml
what=(a.toml --vary stream.shard_count=1..6 --repeat 3)
kinesim sweep "${what[@]}" -q -o alone

kinesim sweep plan "${what[@]}" -q -o plan
bash "$here/parallel.sh" plan 4
diff -r alone output
echo "four slices under GNU parallel gave the bytes of one machine"

cat >check.py <<'PYTHON'
import json, os, subprocess, sys
import botocore.session, kubernetes_validate
from botocore.validate import ParamValidator

def read(name):
    with open(os.path.join(sys.argv[1], name)) as file:
        return json.load(file)

def play(plan, command, variables):
    """Runs the command in the template for each of four slices."""
    words = [{"/plans/plan": plan, "8": "4"}.get(word, word) for word in command]
    for index in range(4):
        more = {name: value.format(index) for name, value in variables.items()}
        subprocess.run(words, env={**os.environ, **more}, check=True, stderr=subprocess.DEVNULL)

batch = read("aws-batch.json")
shape = botocore.session.get_session().get_service_model("batch")
report = ParamValidator().validate(batch, shape.operation_model("SubmitJob").input_shape)
assert not report.has_errors(), report.generate_report()
variables = {"AWS_BATCH_JOB_ARRAY_INDEX": "{}", "AWS_BATCH_JOB_ARRAY_SIZE": "4"}
play("batch", batch["containerOverrides"]["command"], variables)

job = read("kubernetes.json")
kubernetes_validate.validate(job, kubernetes_validate.latest_version(), strict=True)
container = job["spec"]["template"]["spec"]["containers"][0]
play("kubernetes", container["command"], {"JOB_COMPLETION_INDEX": "{}"})
PYTHON
for scheduler in batch kubernetes; do kinesim sweep plan "${what[@]}" -q -o "$scheduler"; done
python/bin/python check.py "$here"
for scheduler in batch kubernetes; do
  kinesim sweep merge "$scheduler" -q -o "merged-$scheduler"
  diff -r alone "merged-$scheduler"
done
echo "the commands for AWS Batch and Kubernetes did so too, and their JSON is what they read"
