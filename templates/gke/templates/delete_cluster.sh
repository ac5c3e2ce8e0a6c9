#!/usr/bin/env bash
# Deletes the cluster with all that is in it. "npm run delete-cluster" does the same and lets the
# workers hand back their tasks first, which here come back when their leases end. DRY_RUN=1 only shows; YES=1 does not ask.
set -euo pipefail

PROJECT={{GOOGLE_PROJECT_NAME}}
CLUSTER={{GOOGLE_CLUSTER_NAME}}
LOCATION={{GOOGLE_LOCATION}}

say() { printf '%s\n' "$*" >&2; }

run() {
  say "> $*"
  if [ -z "${DRY_RUN:-}" ]; then "$@"; fi
}

where=(--project "$PROJECT" --location "$LOCATION")

finish_what_was_begun() {
  local operations operation
  operations=$(gcloud container operations list "${where[@]}" \
    --filter "status!=DONE AND targetLink~\"/clusters/$CLUSTER(/|\$)\"" --format 'value(name)')
  for operation in $operations; do
    say "Waiting for $operation, which was begun before."
    # What fails while it is made can be deleted all the same.
    run gcloud container operations wait "$operation" "${where[@]}" || say "It failed."
  done
}

# A plain assignment: a look-up that fails stops the script.
cluster=$(gcloud container clusters list "${where[@]}" --filter "name=$CLUSTER" \
  --format 'csv[no-heading,separator=" "](status,resourceLabels.managed-by)')
read -r status manager <<<"$cluster" || true

if [ -z "$cluster" ]; then
  say "There is no cluster $CLUSTER in $LOCATION."
elif [ "${manager:-}" != taskq ]; then
  say "The cluster $CLUSTER lacks the label managed-by=taskq: it was not made by taskq-deploy and"
  say "is left alone. Check GOOGLE_CLUSTER_NAME."
  exit 1
else
  say "The cluster $CLUSTER is there ($status). Without workers it costs about \$0.13 an hour,"
  say "\$97 when it is forgotten for a month."
  if [ -z "${YES:-}${DRY_RUN:-}" ]; then
    read -r -p "Delete it with all its workers? [y/N] " answer
    case $answer in
      y | Y | yes) ;;
      *)
        say "Nothing was done."
        exit 1
        ;;
    esac
  fi
  # Google refuses to delete what is still being made or changed.
  if [ "$status" != RUNNING ]; then finish_what_was_begun; fi
  run gcloud container clusters delete "$CLUSTER" "${where[@]}" --quiet
fi

left_behind() {
  gcloud compute "$1" list --project "$PROJECT" \
    --filter "labels.goog-k8s-cluster-name=$CLUSTER" --format "value[separator=' in '](name,zone.basename())"
}

machines=$(left_behind instances)
disks=$(left_behind disks)
if [ -n "$machines$disks" ]; then
  say "Left behind, and billed until you delete them:"
  if [ -n "$machines" ]; then say "machines: $machines"; fi
  if [ -n "$disks" ]; then say "disks: $disks"; fi
  exit 1
fi
say "Nothing is left."
