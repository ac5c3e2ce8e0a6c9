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

# Lists what is left of one kind, each with the line that deletes it.
left=0
list_left() {
  local called=$1 kind=$2 found name zone region location place
  found=$(gcloud compute "$kind" list --project "$PROJECT" --filter "$3" \
    --format 'csv[no-heading](name,zone.basename(),region.basename(),labels.goog-k8s-cluster-location)')
  while IFS=, read -r name zone region location; do
    # What a cluster of the same name has elsewhere is its own.
    if [ -z "$name" ] || [ "${location:-$LOCATION}" != "$LOCATION" ]; then continue; fi
    if [ "$left" = 0 ]; then say "Left behind of $CLUSTER, and billed until you delete it:"; fi
    left=1
    place="${zone:+ --zone $zone}${region:+ --region $region}"
    if [ "$kind" != firewall-rules ] && [ -z "$place" ]; then place=' --global'; fi
    say "  $called $name"
    say "    gcloud compute $kind delete $name$place --project $PROJECT"
  done <<<"$found"
}

# By their label machines and disks are the cluster's. Load balancers have none: firewall rules for
# the machines of the cluster name them, by their own names or by an id of the cluster. Tags are a
# list, which a filter takes for one text only by list().
own="labels.goog-k8s-cluster-name=$CLUSTER"
own_rules="targetTags.list()~\"(^|,)gke-$CLUSTER-[0-9a-f]{8}-node(,|\$)\""
rules=$(gcloud compute firewall-rules list --project "$PROJECT" --filter "$own_rules" \
  --format 'value(name)')
names=none
for rule in $rules; do
  case $rule in
    k8s-fw-l7--*) names+="|k8s-fws?-.*--${rule#k8s-fw-l7--}" ;;
    k8s-fw-*) rule=${rule#k8s-fw-} names+="|${rule%-deny}" ;;
    k8s2-*) rule=${rule#k8s2-} names+="|k8s2-(tcp|udp|l3|fr|fs)-${rule%%-*}-.*" ;;
  esac
done

list_left machine instances "$own"
list_left disk disks "$own"
list_left 'load balancer' forwarding-rules "name~\"^($names)\$\""
list_left address addresses "name~\"^($names)\$\""
list_left 'firewall rule (costs nothing)' firewall-rules "$own_rules"
if [ "$left" = 1 ]; then exit 1; fi
say "Nothing is left."
