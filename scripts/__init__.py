"""What is run beside the package: checks, drawings, the documentation site."""
