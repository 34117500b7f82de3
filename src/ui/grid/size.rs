//! The six tile sizes and what goes with each.

/// A tile size, from XS to XXL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum TileSize {
    Xs,
    S,
    #[default]
    M,
    L,
    Xl,
    Xxl,
}

/// How tiles stand in rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Arrangement {
    /// Every photo whole, rows of one height each that fill the width.
    #[default]
    Justified,
    /// Squares in columns, each photo cropped.
    Squares,
}

impl Arrangement {
    /// The other one.
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Justified => Self::Squares,
            Self::Squares => Self::Justified,
        }
    }
}

impl TileSize {
    /// Smallest first.
    pub(crate) const ALL: [Self; 6] = [Self::Xs, Self::S, Self::M, Self::L, Self::Xl, Self::Xxl];

    /// Place in [`Self::ALL`].
    pub(crate) const fn step(self) -> usize {
        self as usize
    }

    /// The size at a place in [`Self::ALL`]; beyond the end, the last.
    pub(crate) fn at(step: usize) -> Self {
        Self::ALL.get(step).copied().unwrap_or(Self::Xxl)
    }

    pub(crate) fn larger(self) -> Self {
        Self::at(self.step() + 1)
    }

    pub(crate) fn smaller(self) -> Self {
        Self::at(self.step().saturating_sub(1))
    }

    /// The height that rows aim for, points.
    pub(crate) const fn row_height(self) -> f32 {
        match self {
            Self::Xs => 72.0,
            Self::S => 104.0,
            Self::M => 144.0,
            Self::L => 200.0,
            Self::Xl => 272.0,
            Self::Xxl => 368.0,
        }
    }

    /// Between tiles, points.
    pub(crate) const fn gap(self) -> f32 {
        match self {
            Self::Xs | Self::S => 2.0,
            Self::M => 4.0,
            Self::L => 6.0,
            Self::Xl | Self::Xxl => 8.0,
        }
    }

    /// Of a tile's corners, points.
    pub(crate) const fn radius(self) -> f32 {
        if matches!(self, Self::Xs) { 2.0 } else { 4.0 }
    }

    /// How much smaller a selected picture is than its cell, on each side, points.
    pub(crate) const fn inset(self) -> f32 {
        match self {
            Self::Xs => 4.0,
            Self::S => 6.0,
            Self::M | Self::L | Self::Xl => 8.0,
            Self::Xxl => 12.0,
        }
    }

    /// Of the check disc, points across.
    pub(crate) const fn disc(self) -> f32 {
        match self {
            Self::Xs => 16.0,
            Self::S => 20.0,
            Self::M | Self::L | Self::Xl | Self::Xxl => 24.0,
        }
    }

    /// Whether photos stand under months instead of days.
    pub(crate) const fn by_month(self) -> bool {
        matches!(self, Self::Xs | Self::S)
    }

    /// Whether badges have room.
    pub(crate) const fn badges(self) -> bool {
        !self.by_month()
    }
}
