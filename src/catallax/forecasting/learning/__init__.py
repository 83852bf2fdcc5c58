"""Markets as scikit-learn estimators; public in `catallax.forecasting`, where they are imported when first asked for."""
