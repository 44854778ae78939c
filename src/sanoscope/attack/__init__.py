"""The auditor: what a reader can infer from what is published. It sees nothing else."""
