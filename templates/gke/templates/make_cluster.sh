#!/usr/bin/env bash
# Makes the cluster and its pool of machines for workers, as "npm run make-cluster" does.
# Run it as often as you like: what is there and right is left alone. DRY_RUN=1 only shows.
set -euo pipefail

PROJECT={{GOOGLE_PROJECT_NAME}}
CLUSTER={{GOOGLE_CLUSTER_NAME}}
LOCATION={{GOOGLE_LOCATION}}
REGION={{GOOGLE_SUBNETWORK_REGION}}
NETWORK={{GOOGLE_VPC_NETWORK_NAME}}
MODE={{CLUSTER_MODE}}
CLASS={{COMPUTE_CLASS}}
PROVISIONING={{NODE_PROVISIONING}}
MACHINE={{GOOGLE_COMPUTE_TYPE}}
MAX_NODES={{NUMBER_NODES}}
MAX_PODS={{PODS_PER_NODE}}
DISK_GB={{NODE_DISK_GB}}
TASK={{TASK_NAME}}
EXPIRES_HOURS={{EXPIRES_HOURS}}

say() { printf '%s\n' "$*" >&2; }

run() {
  say "> $*"
  if [ -z "${DRY_RUN:-}" ]; then "$@"; fi
}

# The two kinds of date, GNU's and BSD's.
day_in() {
  local then=$(($(date +%s) + $1 * 3600))
  date -u -d "@$then" +%Y-%m-%d 2>/dev/null || date -u -r "$then" +%Y-%m-%d
}

owner=$(id -un | tr '[:upper:]' '[:lower:]' | tr -cs 'a-z0-9_\n-' '-' | sed 's/^-*//' | cut -c 1-63)
day=$(day_in "$EXPIRES_HOURS")
labels="managed-by=taskq,taskq-task=$TASK,taskq-owner=$owner,taskq-expires=$day"
where=(--project "$PROJECT" --location "$LOCATION")

# A look-up that fails must stop the script and never count as "absent": so it is a plain
# assignment, where "set -e" holds, and not a condition, where it does not.
look_up_cluster() {
  gcloud container clusters list "${where[@]}" --filter "name=$CLUSTER" \
    --format 'csv[no-heading,separator=" "](status,resourceLabels.managed-by,resourceLabels.taskq-expires)'
}

# Whoever uses a cluster again has not forgotten it. What gcloud is given takes the place of all
# labels, so that those which are there are given too.
renew_day() {
  local all
  if [ -z "$expires" ] || [[ ! "$expires" < "$day" ]]; then return; fi
  all=$(gcloud container clusters describe "$CLUSTER" "${where[@]}" \
    --format 'value(resourceLabels.flatten(separator=","))')
  say "The cluster $CLUSTER is kept until $day, not $expires."
  run gcloud container clusters update "$CLUSTER" "${where[@]}" \
    --update-labels "${all/taskq-expires=$expires/taskq-expires=$day}" --quiet
}

finish_what_was_begun() {
  local operations operation
  operations=$(gcloud container operations list "${where[@]}" \
    --filter "status!=DONE AND targetLink~\"/clusters/$CLUSTER(/|\$)\"" --format 'value(name)')
  for operation in $operations; do
    say "Waiting for $operation, which was begun before."
    run gcloud container operations wait "$operation" "${where[@]}"
  done
}

create_cluster() {
  local network=(
    --network "projects/$PROJECT/global/networks/$NETWORK"
    --subnetwork "projects/$PROJECT/regions/$REGION/subnetworks/$NETWORK"
  )
  if [ "$MODE" = autopilot ]; then
    run gcloud container clusters create-auto "$CLUSTER" "${where[@]}" "${network[@]}" \
      --release-channel regular --labels "$labels" --enable-dns-access --quiet
    return
  fi
  run gcloud container clusters create "$CLUSTER" "${where[@]}" "${network[@]}" \
    --release-channel regular --labels "$labels" \
    --machine-type e2-medium --num-nodes 1 --disk-type pd-standard --disk-size 30 \
    --enable-ip-alias --enable-dns-access --enable-shielded-nodes \
    --workload-pool "$PROJECT.svc.id.goog" \
    --autoscaling-profile optimize-utilization --enable-cost-allocation --enable-image-streaming \
    --logging SYSTEM,WORKLOAD --monitoring SYSTEM --no-enable-managed-prometheus --quiet
}

make_pool() {
  local pool=$1 kind=$2 found machine disk spot max
  found=$(gcloud container node-pools list "${where[@]}" --cluster "$CLUSTER" \
    --filter "name=$pool" \
    --format 'csv[no-heading](config.machineType,config.diskSizeGb,config.spot,autoscaling.totalMaxNodeCount)')
  IFS=, read -r machine disk spot max <<<"$found" || true
  if [ -z "$found" ]; then
    say "Creating the pool $pool: 0 to $MAX_NODES machines of $MACHINE."
    run gcloud container node-pools create "$pool" "${where[@]}" --cluster "$CLUSTER" \
      ${kind:+"$kind"} --machine-type "$MACHINE" --disk-type pd-balanced --disk-size "$DISK_GB" \
      --enable-autoscaling --total-min-nodes 0 --total-max-nodes "$MAX_NODES" --num-nodes 0 \
      --location-policy ANY --max-pods-per-node "$MAX_PODS" --node-labels taskq=workers \
      --node-taints taskq=workers:NoSchedule --labels "$labels" \
      --workload-metadata GKE_METADATA --enable-image-streaming --quiet
  elif [ "$machine,$disk,${spot/False/}" != "$MACHINE,$DISK_GB,${kind:+True}" ]; then
    say "The pool $pool is of ${spot:+Spot }$machine with $disk GB, and not of ${kind:+Spot }$MACHINE with"
    say "$DISK_GB GB. npm run make-cluster makes it anew; here you delete it first:"
    say "  gcloud container node-pools delete $pool --cluster $CLUSTER ${where[*]}"
    exit 1
  elif [ "$max" != "$MAX_NODES" ]; then
    say "Changing the pool $pool: at most $MAX_NODES machines, not $max."
    run gcloud container clusters update "$CLUSTER" "${where[@]}" --node-pool "$pool" \
      --enable-autoscaling --total-min-nodes 0 --total-max-nodes "$MAX_NODES" \
      --location-policy ANY --quiet
  else
    say "The pool $pool is there."
  fi
}

cluster=$(look_up_cluster)
read -r status manager expires <<<"$cluster" || true
if [ -z "$cluster" ]; then
  say "Creating the cluster $CLUSTER in $LOCATION, which takes some minutes."
  create_cluster
elif [ "${manager:-}" != taskq ]; then
  say "There is a cluster $CLUSTER that was not made by taskq-deploy (it lacks the label"
  say "managed-by=taskq). It is left alone. Choose another GOOGLE_CLUSTER_NAME."
  exit 1
else
  say "The cluster $CLUSTER is there ($status)."
  if [ "$status" = ERROR ]; then
    say "It could not be made. Run delete_cluster.sh and begin again."
    exit 1
  fi
  if [ "$status" != RUNNING ]; then finish_what_was_begun; fi
  if [ "$status" = STOPPING ]; then
    say "It was being deleted. Run this again to make it anew."
    exit 1
  fi
fi

if [ -n "${DRY_RUN:-}" ] && [ -z "$cluster" ]; then
  say "(Its pools would be created next.)"
elif [ "$MODE" = standard ] && [ -z "$CLASS" ]; then
  case $PROVISIONING in
    spot) make_pool workers --spot ;;
    on-demand) make_pool workers '' ;;
    *)
      make_pool workers --spot
      make_pool workers-on-demand ''
      ;;
  esac
fi

if [ -n "$cluster" ]; then renew_day; fi

say "To start the workers by hand:"
say "  gcloud container clusters get-credentials $CLUSTER ${where[*]}"
say "  kubectl --context gke_${PROJECT}_${LOCATION}_$CLUSTER apply --server-side -f scripts/kube-task.yaml"
