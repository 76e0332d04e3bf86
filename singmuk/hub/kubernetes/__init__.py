"""The hub on Kubernetes: what is wrong in the values for its Helm chart, said before the cluster says it."""
